/** Data that programs of a library look for by names that the library makes up. */
const companions: readonly (readonly [library: RegExp, data: RegExp, reason: string])[] = [
  [/^lib(?:tinfo|ncursesw?)\d/, /^ncurses-base$/, 'descriptions of terminals, for a library that stays'],
  [
    /^(?:libncursesw?|ncurses-libs|ncurses)$/,
    /^ncurses-terminfo-base$/,
    'descriptions of terminals, for a library that stays',
  ],
  [/^libmagic1/, /^libmagic-mgc$/, 'kinds of files, for a library that stays'],
  [/^libxkbcommon0$/, /^xkb-data$/, 'layouts of keyboards, for a library that stays'],
  [/^libfontconfig1$/, /^fontconfig-config$/, 'configuration of fonts, for a library that stays'],
]

/** Why a package stays because of the others that do. */
export function companionReason(name: string, keptNames: Iterable<string>): string | undefined {
  const rule = companions.find(([, data]) => data.test(name))
  if (!rule) return undefined
  for (const kept of keptNames) if (rule[0].test(kept)) return rule[2]
  return undefined
}
