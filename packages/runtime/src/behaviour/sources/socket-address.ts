import { normalizeAddress } from '../addresses.ts'

/** Where a socket goes to; `other`: a family that is no endpoint, such as netlink. */
export type SocketAddress =
  | { readonly family: 'inet' | 'unix'; readonly address: string; readonly port: number }
  | { readonly family: 'other' }

/** Reads a `struct sockaddr` of a little-endian machine in hexadecimal; `undefined` for what is none. */
export function parseSocketAddress(hex: string): SocketAddress | undefined {
  if (!/^(?:[0-9a-f]{2}){2,128}$/i.test(hex)) return undefined
  const bytes = Buffer.from(hex, 'hex')
  switch (bytes.readUInt16LE(0)) {
    case 1: {
      if (bytes.length <= 2) return { family: 'other' }
      const isAbstract = bytes[2] === 0
      const rest = bytes.subarray(isAbstract ? 3 : 2)
      const end = rest.indexOf(0)
      const name = rest.subarray(0, end < 0 ? rest.length : end).toString('utf8')
      return name === ''
        ? { family: 'other' }
        : // A file may begin with `@`, too.
          { family: 'unix', address: isAbstract ? `@${name}` : name.replace(/^@/, './@'), port: 0 }
    }
    case 2:
      if (bytes.length < 8) return undefined
      return { family: 'inet', address: [...bytes.subarray(4, 8)].join('.'), port: bytes.readUInt16BE(2) }
    case 10: {
      if (bytes.length < 24) return undefined
      const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(8 + index * 2).toString(16))
      return { family: 'inet', address: normalizeAddress(groups.join(':'))!, port: bytes.readUInt16BE(2) }
    }
    default:
      return { family: 'other' }
  }
}
