import type { Package } from '@sallyport/inventory'

const statement =
  /^[ \t]*(?:import|from)[ \t]+([\w.]+(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[ \t]*[\w.]+(?:[ \t]+as[ \t]+\w+)?)*)/gm
const byText = /(?:import_module|__import__|find_spec|run_module)[ \t]*\([ \t]*["']([\w.]+)/g
const asModule = /["']-m["'][ \t]*,[ \t\n]*["']([\w.]+)/g
const onCommandLine = /(?:^|[\s"'`;&|(])-m[\s"']+([\w.]+)/g
/** Modules of the standard library that install `pip` where they run. */
const bootstraps = new Set(['ensurepip', 'venv'])

/**
 * Packages that a text refers to: Python source by its imports, by name or as a module to run, a command by `-m`.
 * `byModule`: packages by the top-level modules that they have, in lower case.
 */
export function findReferences(
  byModule: ReadonlyMap<string, readonly Package[]>,
  text: string,
  path?: string,
): readonly Package[] {
  const found = new Set<Package>()
  const add = (module: string) => {
    const [top = ''] = module.toLowerCase().split('.')
    for (const one of byModule.get(bootstraps.has(top) ? 'pip' : top) ?? []) found.add(one)
  }
  const isSource = path?.endsWith('.py') || path?.endsWith('.pth') || /^#!.*python/.test(text)
  if (isSource) {
    for (const [, names] of text.matchAll(statement))
      for (const name of names!.split(',')) add(name.trim().split(/\s/, 1)[0]!)
    for (const [, name] of text.matchAll(byText)) add(name!)
    for (const [, name] of text.matchAll(asModule)) add(name!)
  } else if (path === undefined || !/\.[a-z0-9]+$/i.test(path) || /\.(?:ba)?sh$/.test(path)) {
    for (const [, name] of text.matchAll(onCommandLine)) add(name!)
  }
  return [...found]
}
