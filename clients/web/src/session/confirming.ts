/** A set method has no problem of its own for a device that is not confirmed: it says `forbidden`. */
import { isRefusal, Refusal } from '../wire/errors.ts'

export async function confirmed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw isRefusal(error, 'forbidden') ? new Refusal('confirmFirst') : error
  }
}
