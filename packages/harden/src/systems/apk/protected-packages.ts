/** Packages that stay whatever is reached, and why: Alpine's, and those of Wolfi, which has glibc. */
const rules: readonly (readonly [name: RegExp, reason: string])[] = [
  [
    /^(?:alpine|wolfi|chainguard)-baselayout(?:-data|-static)?$/,
    'the layout of the system, users and groups',
  ],
  [/^alpine-release$/, 'the release of the system'],
  [/^(?:musl|glibc|ld-linux|glibc-locale-posix)$/, 'the C library and its locale'],
  [/^libgcc$/, 'loaded by the C library when a thread ends'],
  [/^(?:musl-nscd|nss-[a-z0-9-]+|libnss-[a-z0-9-]+)$/, 'loaded by name look-ups'],
  [/^ca-certificates(?:-bundle|-cacert|-java)?$/, 'certificate authorities'],
  [/^java-cacerts$/, 'certificate authorities'],
  [/^(?:tzdata|zoneinfo)(?:-[a-z]+)?$/, 'time zones'],
]

/** Why a package of apk is protected; `undefined` when it is not. */
export function protectionOf(name: string): string | undefined {
  return rules.find(([pattern]) => pattern.test(name))?.[1]
}
