/** A program that packages' scripts run to build an index out of files, and where those files are. */
interface ScriptGenerator {
  readonly command: string
  readonly inputs: readonly string[]
}

/**
 * Scripts with one of these make something of files: where such files change, the script would have to run. Others
 * (`ldconfig`, `py3compile`, systemd's) make nothing that is needed, see {@link boilerplateOf}.
 */
const generators: readonly ScriptGenerator[] = [
  { command: 'update-ca-certificates', inputs: ['/usr/share/ca-certificates'] },
  { command: 'glib-compile-schemas', inputs: ['/usr/share/glib-2.0/schemas'] },
  { command: 'gio-querymodules', inputs: ['/gio/modules'] },
  { command: 'gdk-pixbuf-query-loaders', inputs: ['/gdk-pixbuf-2.0/'] },
  { command: 'gtk-query-immodules', inputs: ['/immodules'] },
  { command: 'fc-cache', inputs: ['/usr/share/fonts', '/etc/fonts', '/usr/share/fontconfig'] },
  { command: 'update-mime-database', inputs: ['/usr/share/mime'] },
  { command: 'update-icon-caches', inputs: ['/usr/share/icons'] },
  { command: 'gtk-update-icon-cache', inputs: ['/usr/share/icons'] },
  { command: 'update-catalog', inputs: ['/usr/share/sgml', '/etc/sgml'] },
  { command: 'update-xmlcatalog', inputs: ['/usr/share/xml', '/etc/xml'] },
  { command: 'locale-gen', inputs: ['/usr/share/i18n'] },
  { command: 'localedef', inputs: ['/usr/share/i18n'] },
  { command: 'update-cracklib', inputs: ['/usr/share/dict'] },
  { command: 'mktexlsr', inputs: ['/usr/share/texlive', '/usr/share/texmf'] },
]

/** Tells which changed file an index is built of by a command in a script, if any. */
export function findGenerated(
  script: string,
  changed: Iterable<string>,
): { readonly command: string; readonly path: string } | undefined {
  const used = generators.filter(({ command }) => script.includes(command))
  if (used.length === 0) return undefined
  for (const path of changed) {
    const generator = used.find(({ inputs }) => inputs.some((input) => path.includes(input)))
    if (generator) return { command: generator.command, path }
  }
  return undefined
}
