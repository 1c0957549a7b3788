/** Kinds of files that a service seldom reads. */
export type StripCategory =
  | 'docs'
  | 'man'
  | 'info'
  | 'locales'
  | 'headers'
  | 'staticLibraries'
  | 'completions'
  | 'caches'
  | 'logs'
  | 'unusedFiles'

/**
 * Which files leave packages that stay, where nothing reaches them. `true`: all kinds but `unusedFiles`, which are
 * programs, libraries and data of packages that are used for others of their files.
 */
export type StripOptions =
  | boolean
  | (Readonly<Partial<Record<Exclude<StripCategory, 'locales'>, boolean>>> & {
      /** Translations. `keep`: languages that stay, e.g. `en` (with `en_GB`) or `pt_BR`. */
      readonly locales?: boolean | { readonly keep: readonly string[] } | undefined
    })

const byDefault: readonly StripCategory[] = [
  'docs',
  'man',
  'info',
  'locales',
  'headers',
  'staticLibraries',
  'completions',
  'caches',
  'logs',
]

const patterns: readonly (readonly [StripCategory, RegExp])[] = [
  ['docs', /^\/usr\/(?:local\/)?share\/(?:doc|doc-base|gtk-doc|help)\/./],
  ['man', /^\/usr\/(?:local\/)?(?:share\/)?man\/./],
  ['info', /^\/usr\/(?:local\/)?share\/info\/./],
  ['headers', /^\/usr\/(?:local\/)?include\/./],
  ['headers', /^\/usr\/(?:local\/)?(?:lib(?:64)?|share)\/(?:[^/]+\/)?pkgconfig\/./],
  ['staticLibraries', /^\/(?:usr\/(?:local\/)?)?lib(?:32|64)?\/.*\.l?a$/],
  [
    'completions',
    /^\/usr\/(?:local\/)?share\/(?:bash-completion|zsh\/(?:site-functions|vendor-completions))\/./,
  ],
  ['completions', /^\/usr\/(?:local\/)?share\/fish\/(?:vendor_)?completions(?:\.d)?\/./],
  ['caches', /^\/var\/cache\/(?!debconf\/|ldconfig\/)./],
  ['logs', /^\/var\/log\/.*\.(?:log|gz|xz|old|\d{1,3})$/],
]

/** Licences: whoever passes the files on must pass them on too, and scanners read them. */
const licence = /\/(?:copyright|(?:LICEN[CS]E|COPYING|NOTICE)[^/]*)$/i

/** Tells the kind of a path, as far as that is to leave; `unusedFiles` where it is of no other. */
export function createClassifier(options: StripOptions): (path: string) => StripCategory | undefined {
  const wanted = new Set<StripCategory>(
    options === true
      ? byDefault
      : options === false
        ? []
        : (Object.entries(options) as [StripCategory, unknown][]).flatMap(([name, value]) =>
            value === undefined || value === false ? [] : [name],
          ),
  )
  const locales = typeof options === 'object' ? options.locales : undefined
  const keep = typeof locales === 'object' ? locales.keep : []
  return (path) => {
    if (licence.test(path)) return undefined
    const language = languageOf(path)
    if (language !== undefined) {
      return wanted.has('locales') && !keep.some((one) => isLanguage(language, one)) ? 'locales' : undefined
    }
    const category = patterns.find(([, pattern]) => pattern.test(path))?.[0] ?? 'unusedFiles'
    return wanted.has(category) ? category : undefined
  }
}

/** The language of a translation, as its folder names it. The plain C locale is none. */
function languageOf(path: string): string | undefined {
  const match =
    /^\/usr\/(?:local\/)?share\/locale\/([^/]+)\/./.exec(path) ?? /^\/usr\/lib\/locale\/([^/]+)\/./.exec(path)
  return match?.[1] === undefined || /^(?:C|POSIX)(?:\.|$)/.test(match[1]) ? undefined : match[1]
}

/** `en` stands for `en_GB` and `en@quot` too. */
function isLanguage(language: string, wanted: string): boolean {
  return language === wanted || (language.startsWith(wanted) && /^[_.@]/.test(language.slice(wanted.length)))
}
