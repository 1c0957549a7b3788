import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import type { PinnedPackage } from './package-lock.ts'

/** Base URLs of an archive, to be tried in this order. */
export type MirrorList = Readonly<Record<PinnedPackage['archive'], readonly string[]>>

/**
 * Where Debian's files come from: `$SALLYPORT_DEBIAN_MIRROR` (a URL under which `debian/` and `debian-security/` lie),
 * then what the machine's apt uses, then Debian's permanent archive at the lock's point in time. None is trusted:
 * every file is verified against the lock.
 */
export async function findMirrors(snapshot: string): Promise<MirrorList> {
  const chosen = process.env.SALLYPORT_DEBIAN_MIRROR?.replace(/\/+$/, '')
  const configured = await readAptSources()
  const list = (archive: PinnedPackage['archive']) => [
    ...new Set([
      ...(chosen ? [`${chosen}/${archive}`] : []),
      ...configured.filter((url) => new URL(url).pathname.split('/').at(-1) === archive),
      `https://snapshot.debian.org/archive/${archive}/${snapshot}`,
    ]),
  ]
  return { debian: list('debian'), 'debian-security': list('debian-security') }
}

async function readAptSources(folder = '/etc/apt'): Promise<string[]> {
  const parts = await readdir(join(folder, 'sources.list.d')).catch(() => [])
  const files = [join(folder, 'sources.list'), ...parts.map((name) => join(folder, 'sources.list.d', name))]
  const texts = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(file, 'utf8').catch(() => '')
      return file.endsWith('.sources') ? parseSources(text) : parseList(text)
    }),
  )
  return texts
    .flat()
    .map((url) => url.replace(/\/+$/, ''))
    .filter((url) => /^https?:\/\//.test(url) && URL.canParse(url))
}

/** One-line style of sources.list(5). */
function parseList(text: string): string[] {
  return [...text.matchAll(/^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+\S+/gm)].map(([, url = '']) => url)
}

/** deb822 style of sources.list(5). */
function parseSources(text: string): string[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'))
  return lines
    .join('\n')
    .split(/\n\s*\n/)
    .filter((stanza) => /^Types:.*\bdeb\b/im.test(stanza) && !/^Enabled:\s*no\b/im.test(stanza))
    .flatMap((stanza) => /^URIs:\s*(.+)$/im.exec(stanza)?.[1]?.split(/\s+/) ?? [])
}
