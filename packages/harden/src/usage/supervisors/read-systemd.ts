import { checkCommand, type Supervised, type SupervisorContext } from './supervised.ts'

const folders = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
]
const pulls = /^(?:Wants|Requires|Requisite|BindsTo|Upholds|OnFailure|OnSuccess|Sockets|Unit|Service)$/
const runs = /^Exec(?:Start(?:Pre|Post)?|Stop(?:Post)?|Reload|Condition)$/
const maxUnits = 2_000

/**
 * Reads the units that systemd starts: from `default.target`, by what units want and require, in their own words and in
 * folders of links (systemd.unit(5)), with services of sockets, timers and paths. `undefined` where there is no target.
 */
export async function readSystemd({
  image: { tree },
  read,
}: SupervisorContext): Promise<Supervised | undefined> {
  const commands: string[] = []
  const files: string[] = []
  const pending = ['default.target', 'basic.target', 'sysinit.target', 'shutdown.target']
  const seen = new Set(pending)
  const pull = (name: string) => {
    if (!/^[\w:.\\@-]{1,255}$/.test(name) || seen.has(name) || seen.size >= maxUnits) return
    seen.add(name)
    pending.push(name)
  }
  if (!folders.some((folder) => tree.resolve(`${folder}/default.target`))) return undefined
  for (let unit = pending.shift(); unit !== undefined; unit = pending.shift()) {
    const template = unit.replace(/@[^.]*(?=\.)/, '@')
    for (const name of new Set([unit, template])) {
      for (const folder of folders) {
        for (const kind of ['wants', 'requires', 'upholds'])
          for (const { path } of tree.children(tree.canonicalize(`${folder}/${name}.${kind}`)))
            pull(path.slice(path.lastIndexOf('/') + 1))
        for (const { path } of tree.children(tree.canonicalize(`${folder}/${name}.d`)))
          if (path.endsWith('.conf')) await readUnit(path, unit)
      }
    }
    const main = [unit, template]
      .flatMap((name) => folders.map((folder) => `${folder}/${name}`))
      .find((path) => tree.resolve(path, { followLast: false }))
    if (main !== undefined) {
      const end = tree.resolve(main)?.path
      if (end !== undefined && end !== main) pull(end.slice(end.lastIndexOf('/') + 1))
      await readUnit(main, unit)
    }
    const activated = /^(.*)\.(?:socket|timer|path)$/.exec(unit)?.[1]
    if (activated !== undefined) pull(`${activated}.service`)
  }
  return { commands, files }

  async function readUnit(path: string, unit: string): Promise<void> {
    const text = await read(path)
    if (text === undefined) return
    files.push(path)
    for (const [, key, value] of text.replaceAll('\\\n', ' ').matchAll(/^(\w+)[ \t]*=[ \t]*(.*)$/gm)) {
      if (pulls.test(key!)) for (const name of value!.split(/\s+/)) pull(withInstance(name, unit))
      if (key === 'EnvironmentFile') files.push(value!.replace(/^-/, ''))
      // Prefixes say how it is run (systemd.service(5)): `-`, `@`, `:`, `+`, `!`, `|`.
      const command = runs.test(key!) ? withInstance(value!.replace(/^[-@:+!|]+/, ''), unit) : ''
      if (command !== '') commands.push(checkCommand(command, path))
    }
  }
}

/** `%i` and `%I` of an instance `name@instance.service`, `%n` of a unit. */
function withInstance(text: string, unit: string): string {
  const instance = /@([^.]*)\./.exec(unit)?.[1] ?? ''
  return text.replaceAll(/%[iI]/g, () => instance).replaceAll('%n', () => unit)
}
