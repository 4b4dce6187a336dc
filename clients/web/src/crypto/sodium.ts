/** The one door to libsodium. Await {@link ready} once; all else in this folder is synchronous after it. */
import sodium from 'libsodium-wrappers-sumo'

export const ready = (): Promise<void> => sodium.ready

export { sodium }
