/** The relay with its people (rig.py), as something to talk to. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

export async function startRig() {
  const python = process.env['PLI_PYTHON'] ?? `${ROOT}/.venv/bin/python`
  const child = spawn(python, ['clients/web/walk/rig.py'], {
    cwd: ROOT,
    env: { ...process.env, PYTHONPATH: ROOT },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { done, value } = await lines.next()
    if (done) throw new Error('the relay ended')
    return JSON.parse(value)
  }
  const facts = await next()
  return {
    ...facts,
    async tell(command) {
      child.stdin.write(`${command}\n`)
      return next()
    },
    async stop() {
      child.stdin.end()
      await new Promise(resolve => child.once('exit', resolve))
    },
  }
}
