/** The second factor's secret, made here and shown once (RFC 6238; docs/spec/login.md). */

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** 20 random bytes in base 32: 32 letters and digits. */
export const newTotpSecret = (): string =>
  // 32 symbols of five random bits each; 256 is a multiple of 32, so that each is equally likely.
  Array.from(crypto.getRandomValues(new Uint8Array(32)), byte => BASE32.charAt(byte & 31)).join('')

/** What authenticator apps read from a QR code. */
export const totpAddress = (name: string, secret: string): string =>
  `otpauth://totp/Pli:${encodeURIComponent(name)}?secret=${secret}&issuer=Pli&algorithm=SHA1&digits=6&period=30`
