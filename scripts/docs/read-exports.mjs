const declaration =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:function|class|interface|type|const|let|enum|namespace) ([\w$]+)/gm

/** The names that a report of an API lists as exports. */
export function exportsOf(report) {
  const names = new Set(Array.from(report.matchAll(declaration), ([, name]) => name))
  for (const [, list] of report.matchAll(/^export \{([^}]*)\}/gm))
    for (const item of list.split(',')) {
      const name = item
        .trim()
        .split(/\s+as\s+/)
        .at(-1)
      if (name) names.add(name)
    }
  return names
}
