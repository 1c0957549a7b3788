/** Packages that stay whatever is reached, and why. Their files are kept as data; nothing is followed from them. */
const rules: readonly (readonly [name: RegExp, reason: string])[] = [
  [/^base-files$/, 'the layout of the system and its os-release'],
  [/^base-passwd$/, 'users and groups'],
  [/^netbase$/, 'names of services and protocols'],
  [/^ca-certificates(?:-java)?$/, 'certificate authorities'],
  [/^tzdata(?:-legacy)?$/, 'time zones'],
  [/^(?:libc6|musl|libc-bin)$/, 'the C library and its locale'],
  [/^libgcc-s1$/, 'loaded by the C library when a thread ends'],
  [/^libnss-/, 'loaded by name look-ups'],
]

/** Why a package of Debian is protected; `undefined` when it is not. */
export function protectionOf(name: string): string | undefined {
  return rules.find(([pattern]) => pattern.test(name))?.[1]
}
