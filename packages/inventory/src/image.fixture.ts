import { digestOf, mediaTypes } from '@sallyport/core'
import { type FileNode, type FileTree, type Image, ImageError } from '@sallyport/image'

/** A file's text, or `{ link }` for a symbolic link, by absolute path. */
export type Files = Readonly<Record<string, string | Uint8Array | { readonly link: string }>>

/** An image of one layer in memory, for tests of readers. Parents are made; links in parents are followed. */
export function imageOf(files: Files): Image {
  const nodes = new Map<string, FileNode>()
  const contents = new Map<string, Uint8Array>()
  const base = {
    mode: 0o755,
    uid: 0,
    gid: 0,
    mtime: 0,
    size: 0,
    xattrs: new Map<string, Uint8Array>(),
    layer: 0,
  }
  nodes.set('/', { ...base, path: '/', type: 'directory' })
  for (const [path, content] of Object.entries(files)) {
    for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) {
      const parent = path.slice(0, at)
      if (!nodes.has(parent)) nodes.set(parent, { ...base, path: parent, type: 'directory' })
    }
    if (typeof content === 'object' && 'link' in content) {
      nodes.set(path, { ...base, path, type: 'symlink', linkTarget: content.link })
    } else {
      const bytes = Buffer.from(content)
      contents.set(path, bytes)
      nodes.set(path, { ...base, path, type: 'file', size: bytes.byteLength })
    }
  }
  const sorted = [...nodes.values()].sort((one, other) => (one.path < other.path ? -1 : 1))

  const walk = (path: string, followLast: boolean, depth = 0): string => {
    let at = ''
    const parts = path.split('/').filter((part) => part !== '' && part !== '.')
    for (const [index, part] of parts.entries()) {
      if (part === '..') {
        at = at.slice(0, at.lastIndexOf('/'))
        continue
      }
      const next = `${at}/${part}`
      const target = nodes.get(next)?.linkTarget
      const last = index === parts.length - 1
      if (target !== undefined && depth < 40 && (!last || followLast)) {
        at = walk(target.startsWith('/') ? target : `${at}/${target}`, true, depth + 1)
      } else {
        at = next
      }
    }
    return at === '' ? '/' : at
  }
  const tree: FileTree = {
    size: nodes.size,
    get: (path) => nodes.get(path),
    resolve: (path, { followLast = true } = {}) => nodes.get(walk(path, followLast)),
    canonicalize: (path) => walk(path, false),
    children: (path) =>
      sorted.filter(
        (node) => node.path !== '/' && (node.path.slice(0, node.path.lastIndexOf('/')) || '/') === path,
      ),
    entries: () => sorted.values(),
  }

  const digest = digestOf(JSON.stringify(Object.keys(files)))
  const descriptor = { mediaType: mediaTypes.ociManifest, digest, size: 0 }
  return {
    raw: { descriptor, bytes: new Uint8Array() },
    manifest: { schemaVersion: 2, config: descriptor, layers: [] },
    config: { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [digest] } },
    platform: { os: 'linux', architecture: 'amd64' },
    layers: [{ index: 0, descriptor, diffId: digest }],
    tree,
    layoutDirectory: '/nowhere',
    readFile: async ({ path, size }, { maxBytes = 64 * 1024 * 1024 } = {}) => {
      if (size > maxBytes) throw new ImageError('LIMIT_EXCEEDED', `${path}: more than ${maxBytes} bytes`)
      return contents.get(path)!
    },
    readRange: async ({ path }, { offset, length }) => contents.get(path)!.subarray(offset, offset + length),
    async *openFile({ path }) {
      yield contents.get(path)!
    },
    async *open() {},
    async [Symbol.asyncDispose]() {},
  }
}
