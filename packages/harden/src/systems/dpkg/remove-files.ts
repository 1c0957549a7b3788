import { decodeName, encodeName, type Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import type { DatabaseEdit } from '../package-system.ts'

const maxDatabaseBytes = 256 * 1024 * 1024

/**
 * Takes files out of the list, the checksums and the configuration files of packages that stay; every other byte of
 * dpkg's database stays. Files of checksums stay even when they are empty: scanners look for them.
 */
export async function removeFiles(
  image: Image,
  { remove, replace }: DatabaseEdit,
  files: ReadonlyMap<Package, readonly string[]>,
  signal?: AbortSignal,
): Promise<void> {
  const { tree } = image
  const edit = async (path: string, change: (text: string) => string) => {
    const node = tree.get(path)
    if (node?.type !== 'file' || remove.has(path)) return
    const bytes = replace.get(path) ?? (await image.readFile(node, { maxBytes: maxDatabaseBytes, signal }))
    const text = Buffer.from(bytes).toString('latin1')
    const changed = change(text)
    if (changed !== text) replace.set(path, Buffer.from(changed, 'latin1'))
  }
  for (const [{ dpkg }, paths] of files) {
    if (dpkg === undefined || paths.length === 0) continue
    signal?.throwIfAborted()
    const gone = new Set(paths)
    const isGone = (name: string) => gone.has(tree.canonicalize(decodeLatin1(name)))
    for (const path of dpkg.metadataPaths) {
      if (path.endsWith('.list') || path.endsWith('.conffiles'))
        await edit(path, (text) => filterLines(text, (line) => !line.startsWith('/') || !isGone(line)))
      if (path.endsWith('.md5sums')) {
        await edit(path, (text) =>
          filterLines(text, (line) => {
            const name = /^[0-9a-f]{32} [ *](.+)$/.exec(line)?.[1]
            return (
              name === undefined || !isGone(name.startsWith('/') ? name : `/${name.replace(/^\.\//, '')}`)
            )
          }),
        )
      }
    }
    if (!dpkg.conffiles.some((path) => gone.has(tree.canonicalize(path)))) continue
    const stanza = Buffer.from(encodeName(dpkg.stanza)).toString('latin1')
    await edit(dpkg.statusPath, (text) => text.replace(stanza, () => removeConffiles(stanza, isGone)))
  }
}

/** Lines of `Conffiles` of a stanza: ` /etc/x <md5>`, perhaps with a word after it. */
function removeConffiles(stanza: string, isGone: (path: string) => boolean): string {
  const lines = stanza.split('\n')
  const start = lines.findIndex((line) => /^Conffiles:\s*$/i.test(line))
  if (start < 0) return stanza
  let end = start + 1
  while (lines[end]?.startsWith(' ')) end++
  const left = lines.slice(start + 1, end).filter((line) => {
    const path = /^ (\/.*?) [0-9a-f]{32}(?: |$)/.exec(line)?.[1]
    return path === undefined || !isGone(path)
  })
  return [...lines.slice(0, left.length > 0 ? start + 1 : start), ...left, ...lines.slice(end)].join('\n')
}

function filterLines(text: string, keeps: (line: string) => boolean): string {
  return text.split('\n').filter(keeps).join('\n')
}

/** Names are compared as the tree has them: UTF-8, other bytes kept. */
function decodeLatin1(text: string): string {
  return decodeName(Buffer.from(text, 'latin1'))
}
