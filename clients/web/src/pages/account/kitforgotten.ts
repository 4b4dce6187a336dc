/** Whoever leaves a page midway leaves no recovery code behind in the worker. */
import { useEffect } from 'preact/hooks'
import { useApp } from '../context.ts'

export function useKitForgotten(): void {
  const { login } = useApp()
  useEffect(() => () => void login.abandonKit(), [login])
}
