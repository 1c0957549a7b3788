import { readFileSync } from 'node:fs'

const sysAdmin = 1n << 21n

/**
 * Whether this process sees `trusted.*` attributes: without CAP_SYS_ADMIN in the first user namespace the kernel leaves
 * them out of lists without a word (xattr(7), "Trusted extended attributes").
 */
export function seesTrustedAttributes(): boolean {
  try {
    const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    const isFirstNamespace = /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'))
    return effective !== undefined && isFirstNamespace && (BigInt(`0x${effective}`) & sysAdmin) !== 0n
  } catch {
    return false
  }
}
