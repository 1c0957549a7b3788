/** Packages that stay whatever is reached, and why. Their files are kept as data; nothing is followed from them. */
const rules: readonly (readonly [name: RegExp, reason: string])[] = [
  [/^(?:filesystem|basesystem)$/, 'the layout of the system'],
  [/^setup$/, 'users, groups, names of services and protocols'],
  [/^system-user-/, 'users and groups'],
  [/-(?:release|repos|release-common)$/, 'the release, by which packages and their advisories are told'],
  [/^(?:prebuilt-)?ca-certificates(?:-mozilla|-base|-shared)?$/, 'certificate authorities'],
  [/^(?:tzdata(?:-java)?|timezone)$/, 'time zones'],
  [
    /^glibc(?:-common|-minimal-langpack|-all-langpacks|-langpack-\w+|-locale|-locale-base)?$/,
    'the C library and its locales',
  ],
  [/^(?:libgcc|libgcc_s1)$/, 'loaded by the C library when a thread ends'],
]

/** Why a package of a distribution with rpm is protected; `undefined` when it is not. */
export function protectionOf(name: string): string | undefined {
  return rules.find(([pattern]) => pattern.test(name))?.[1]
}
