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

/** Data that programs of a library look for by names that the library makes up. */
const companions: readonly (readonly [library: RegExp, data: RegExp, reason: string])[] = [
  [/^lib(?:tinfo|ncursesw?)\d/, /^ncurses-base$/, 'descriptions of terminals, for a library that stays'],
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

/** Why a package stays because of the others that do. */
export function companionReason(name: string, keptNames: Iterable<string>): string | undefined {
  const rule = companions.find(([, data]) => data.test(name))
  if (!rule) return undefined
  for (const kept of keptNames) if (rule[0].test(kept)) return rule[2]
  return undefined
}
