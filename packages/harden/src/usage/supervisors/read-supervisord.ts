import { expandGlob } from '../path-edges.ts'
import { checkCommand, type Supervised, type SupervisorContext } from './supervised.ts'

const usual = [
  '/etc/supervisord.conf',
  '/etc/supervisor/supervisord.conf',
  '/usr/local/etc/supervisord.conf',
  '/usr/etc/supervisord.conf',
]
const maxFiles = 500

/** Reads supervisord's configuration with what it includes (supervisord(1), Configuration File). */
export async function readSupervisord(
  { image: { tree, config }, read }: SupervisorContext,
  words: readonly string[],
): Promise<Supervised | undefined> {
  const flag = words.findIndex((word) => word === '-c' || word === '--configuration')
  const attached = words.map((word) => /^(?:--configuration=|-c)(\/.+)$/.exec(word)?.[1]).find(Boolean)
  const folder = config.config?.WorkingDir || '/'
  const named = flag >= 0 ? words[flag + 1] : attached
  if (flag >= 0 && named === undefined) return undefined
  const main = named === undefined ? usual.find((path) => tree.resolve(path)) : absolute(named, folder)
  if (main === undefined) return undefined
  const commands: string[] = []
  const files: string[] = []
  const pending = [main]
  for (let path = pending.pop(); path !== undefined && files.length < maxFiles; path = pending.pop()) {
    const text = await read(path)
    if (text === undefined) {
      if (path === main) return undefined
      continue
    }
    files.push(path)
    for (const { section, key, value } of entries(text)) {
      if (section === 'include' && key === 'files') {
        const here = path.slice(0, path.lastIndexOf('/'))
        for (const pattern of value.split(/\s+/).filter(Boolean)) {
          const full = absolute(pattern.replaceAll('%(here)s', here), here)
          pending.push(...(/[*?]/.test(full) ? expandGlob(tree, full) : [full]))
        }
      }
      if (/^(?:program|eventlistener|fcgi-program):/.test(section) && key === 'command')
        commands.push(
          checkCommand(withVariables(value, config.config?.Env ?? [], path), `${path} [${section}]`),
        )
    }
  }
  return { commands, files }
}

const absolute = (path: string, folder: string) => (path.startsWith('/') ? path : `${folder}/${path}`)

/** `%(ENV_X)s` and `%(here)s`, as far as the image's configuration has them. */
function withVariables(value: string, env: readonly string[], path: string): string {
  return value
    .replaceAll('%(here)s', () => path.slice(0, path.lastIndexOf('/')))
    .replaceAll(/%\(ENV_(\w+)\)s/g, (whole, name: string) => {
      const set = env.find((entry) => entry.startsWith(`${name}=`))
      return set === undefined ? whole : set.slice(name.length + 1)
    })
}

/** Entries of an INI file; lines that begin with a space go on with the one before. */
function* entries(text: string): Generator<{ section: string; key: string; value: string }> {
  let section = ''
  let key = ''
  let value = ''
  for (const line of [...text.split('\n'), '[]']) {
    if (/^\s+[^\s;#]/.test(line) && key !== '') {
      value += ` ${line.trim()}`
      continue
    }
    if (key !== '') yield { section, key, value: value.replace(/\s;.*/, '').trim() }
    key = ''
    const header = /^\[([^\]]*)\]/.exec(line)
    const [, name, rest] = /^([^\s=:;#][^=:]{0,200}?)\s{0,20}[=:](.*)$/.exec(line) ?? []
    if (header) section = header[1]!
    else if (name !== undefined) [key, value] = [name, rest!.trim()]
  }
}
