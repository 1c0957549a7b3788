import { decodeName, type Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import { gunzipSync, gzipSync } from 'node:zlib'
import { cutMembers } from './cut-members.ts'
import { type ApkDatabase, type ApkStanza, parseDatabase } from './parse-database.ts'

const maxDatabaseBytes = 256 * 1024 * 1024

/** A database of apk: its text, what it says, and the records beside it. */
export interface ApkRecords {
  /** Canonical path of `installed`. */
  readonly path: string
  readonly text: string
  readonly database: ApkDatabase
  /** Canonical path of the archive of scripts, unpacked. */
  readonly scripts?: { readonly path: string; readonly tar: Uint8Array } | undefined
  /** Canonical path of the list of triggers. */
  readonly triggers?: { readonly path: string; readonly text: string } | undefined
}

/** The databases that an image's packages are in, each package's stanza, or why they can't be edited. */
export interface OpenedDatabases {
  readonly records: readonly ApkRecords[]
  readonly stanzas: ReadonlyMap<Package, ApkStanza>
  readonly refusal?: string | undefined
}

/** Reads the databases that these packages were found in. */
export async function openDatabases(
  image: Pick<Image, 'tree' | 'readFile'>,
  packages: readonly Package[],
  signal?: AbortSignal | undefined,
): Promise<OpenedDatabases> {
  const records: ApkRecords[] = []
  const stanzas = new Map<Package, ApkStanza>()
  const refuse = (refusal: string): OpenedDatabases => ({ records: [], stanzas: new Map(), refusal })
  for (const path of new Set(packages.map(({ evidence }) => evidence.path))) {
    const text = await readText(image, path, signal)
    if (text === undefined) return refuse(`${path} is not a regular file`)
    const database = parseDatabase(text)
    if (database.problem) return refuse(`${path}, line ${database.problem.line}: ${database.problem.message}`)
    const byName = new Map<string, ApkStanza>()
    for (const stanza of database.stanzas) {
      const name = stanza.fields.get('P')!
      if (byName.has(name)) return refuse(`${path} has two packages of the name ${JSON.stringify(name)}`)
      byName.set(name, stanza)
    }
    for (const found of packages) {
      if (found.evidence.path !== path) continue
      const stanza = byName.get(found.name)
      if (stanza?.fields.get('V') !== found.version)
        return refuse(`${path} has no ${found.name} ${found.version}`)
      stanzas.set(found, stanza)
    }
    // One that the inventory could not name would lose its dependencies.
    if (byName.size !== packages.filter(({ evidence }) => evidence.path === path).length)
      return refuse(`${path} has packages that the inventory does not name`)
    const folder = path.slice(0, path.lastIndexOf('/'))
    try {
      records.push({ path, text, database, ...(await readBeside(image, folder, signal)) })
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      return refuse(`${folder}: ${error.message}`)
    }
  }
  return { records, stanzas }
}

/** Of the scripts apk 2 has a plain archive, apk 3 a compressed one. */
async function readBeside(
  image: Pick<Image, 'tree' | 'readFile'>,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Pick<ApkRecords, 'scripts' | 'triggers'>> {
  let scripts: ApkRecords['scripts']
  for (const name of ['scripts.tar', 'scripts.tar.gz']) {
    const node = image.tree.resolve(`${folder}/${name}`)
    if (node?.type !== 'file') continue
    if (scripts) throw new SyntaxError('both scripts.tar and scripts.tar.gz are there')
    const bytes = await image.readFile(node, { maxBytes: maxDatabaseBytes, signal })
    const tar = isCompressed(node.path) ? gunzip(node.path, bytes) : bytes
    cutMembers(tar, () => false)
    scripts = { path: node.path, tar }
  }
  const list = image.tree.resolve(`${folder}/triggers`)
  const text = list && (await readText(image, list.path, signal))
  return { scripts, triggers: text === undefined ? undefined : { path: list!.path, text } }
}

/** The bytes of an archive of scripts as they are stored; the same for the same archive, whenever it is made. */
export function packScripts(path: string, tar: Uint8Array): Uint8Array {
  return isCompressed(path) ? gzipSync(tar, { level: 9 }) : tar
}

const isCompressed = (path: string) => path.endsWith('.gz')

function gunzip(path: string, bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxDatabaseBytes })
  } catch (error) {
    throw new SyntaxError(`${path} can't be unpacked`, { cause: error })
  }
}

async function readText(
  image: Pick<Image, 'tree' | 'readFile'>,
  path: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const node = image.tree.resolve(path)
  if (node?.type !== 'file') return undefined
  return decodeName(await image.readFile(node, { maxBytes: maxDatabaseBytes, signal }))
}
