/** Packages that stay whatever is reached, and why. Their files are kept as data; nothing is followed from them. */
const rules: readonly (readonly [name: RegExp, reason: string])[] = [
  [/^base-files$/, 'the layout of the system and its os-release'],
  [/^base-passwd$/, 'users and groups'],
  [/^netbase$/, 'names of services and protocols'],
  [/^ca-certificates$/, 'certificate authorities'],
  [/^tzdata$/, 'time zones'],
  [/^libc6$|^musl$/, 'the C library'],
  [/^libgcc-s1$/, 'loaded by the C library when a thread ends'],
  [/^libnss-/, 'loaded by name look-ups'],
]

/** Why a package is protected; `undefined` when it is not. */
export function protectionOf(
  name: string,
  hasOsRelease: boolean,
  keep: readonly string[],
): string | undefined {
  if (keep.includes(name)) return 'asked for'
  if (hasOsRelease) return 'it holds os-release'
  return rules.find(([pattern]) => pattern.test(name))?.[1]
}
