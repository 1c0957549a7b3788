import { canonicalJson, isJsonDeeperThan } from '@sallyport/core'
import { AuditError } from '../errors.ts'
import { parseCsv } from './parse-csv.ts'
import { plainText } from './plain-text.ts'
import { readKubernetes, valueAt } from './read-kubernetes.ts'
import { readYaml, YamlFault } from './read-yaml.ts'
import { reportImage, type ToldImage } from './report-image.ts'
import type { ReportedImage } from './reported-image.ts'

/** Options of {@link parseDeployments}. */
export interface ParseDeploymentsOptions {
  /** Name of the file, for messages. */
  readonly source: string
  /** Cluster that Kubernetes objects are of; they do not say. Default: none is named. */
  readonly cluster?: string | undefined
}

const maxBytes = 256 * 1024 * 1024
const maxDepth = 64
const maxImages = 200_000
const fields = ['cluster', 'namespace', 'workload', 'container', 'image', 'imageID', 'platform'] as const
const fieldNames = new Map<string, keyof ToldImage>(fields.map((name) => [name.toLowerCase(), name]))
fieldNames.set('image_id', 'imageID')

/** Part of a text, and where it stands. */
interface Part {
  readonly data: unknown
  /** For messages: `file`, `file:line`, with the path that leads there. */
  at(path?: readonly PropertyKey[]): string
}

/**
 * Reads what runs: Kubernetes objects as YAML or JSON (`kubectl get pods,deployments -A -o json`; lists, several documents,
 * other kinds are passed over), or a plain list as JSON, JSON lines or CSV with the fields `cluster`, `namespace`,
 * `workload`, `container`, `image`, `imageID`, `platform`. What many pods of a workload report alike is one image.
 *
 * @throws {AuditError} `DEPLOYMENTS_INVALID` with file and line when it can't be read, a field is unknown, a line names no
 *   image, or there is no image at all (which would say that nothing runs); above 256 MiB (16 MiB of YAML), 64 levels, or
 *   200,000 images.
 */
export function parseDeployments(
  text: string,
  { source, cluster }: ParseDeploymentsOptions,
): readonly ReportedImage[] {
  if (Buffer.byteLength(text) > maxBytes) throw invalid(source, `more than ${maxBytes} bytes`)
  const images = new Map<string, ReportedImage>()
  const add = (image: ReportedImage): void => {
    images.set(canonicalJson(image), image)
    if (images.size > maxImages) throw invalid(source, `more than ${maxImages} images: split it`)
  }
  for (const part of openParts(text.replace(/^\ufeff/, ''), source)) {
    for (const image of readPart(part, cluster)) add(image)
  }
  if (images.size === 0) {
    throw invalid(
      source,
      'it names no image, which would say that nothing runs: expected Kubernetes pods, or lines with an image',
    )
  }
  return [...images.values()]
}

function openParts(text: string, source: string): readonly Part[] {
  const trimmed = text.trimStart()
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) return openJson(text, source)
  const header = firstCells(trimmed)
  if (header && header.some((name) => name === 'image' || name === 'imageid' || name === 'image_id'))
    return openCsv(text, source)
  try {
    return readYaml(text).map(({ data, lineOf }) => ({
      data,
      at: (path = []) => `${source}:${lineOf(path)}${formatPath(path)}`,
    }))
  } catch (cause) {
    if (cause instanceof YamlFault)
      throw invalid(cause.line === undefined ? source : `${source}:${cause.line}`, cause.message, cause)
    throw cause
  }
}

/** Of the first line, when that is one of CSV. */
function firstCells(text: string): readonly string[] | undefined {
  const [line = ''] = text.split(/\r?\n/, 1)
  return line.includes(': ') || line.endsWith(':')
    ? undefined
    : line.split(',').map((name) => name.trim().replaceAll('"', '').toLowerCase())
}

function openJson(text: string, source: string): readonly Part[] {
  if (isJsonDeeperThan(text, maxDepth)) throw invalid(source, `nested deeper than ${maxDepth} levels`)
  try {
    return [{ data: JSON.parse(text), at: (path = []) => `${source}${formatPath(path)}` }]
  } catch (whole) {
    const lines = text.split('\n')
    const parts: Part[] = []
    for (const [index, line] of lines.entries()) {
      if (line.trim() === '') continue
      try {
        parts.push({
          data: JSON.parse(line),
          at: (path = []) => `${source}:${index + 1}${formatPath(path)}`,
        })
      } catch (cause) {
        // Without a first line that stands by itself, these were not lines of JSON at all.
        const error = parts.length === 0 ? whole : cause
        const where = parts.length === 0 ? source : `${source}:${index + 1}`
        throw invalid(where, error instanceof Error ? error.message : 'no JSON', error)
      }
    }
    return parts
  }
}

function openCsv(text: string, source: string): readonly Part[] {
  try {
    const [header, ...rows] = parseCsv(text)
    const names = header!.cells.map((cell) => cell.trim())
    const twice = names.find((name, index) => names.indexOf(name) < index)
    if (twice !== undefined)
      throw invalid(`${source}:${header!.line}`, `the column "${plainText(twice, 60)}" is there twice`)
    return rows.map(({ line, cells }) => {
      if (cells.length !== names.length)
        throw invalid(`${source}:${line}`, `${cells.length} values under ${names.length} columns`)
      return {
        data: Object.fromEntries(names.map((name, index) => [name, cells[index]])),
        at: () => `${source}:${line}`,
      }
    })
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw invalid(source, cause.message, cause)
  }
}

function* readPart(part: Part, cluster: string | undefined): Generator<ReportedImage> {
  const pending: { data: unknown; path: readonly PropertyKey[] }[] = [{ data: part.data, path: [] }]
  // Grows while it is read.
  for (const { data, path } of pending) {
    if (data === null) continue
    if (Array.isArray(data)) {
      if (path.length > 0) throw invalid(part.at(path), 'a list in a list')
      for (const [index, item] of data.entries()) pending.push({ data: item, path: [index] })
    } else if (typeof data !== 'object') {
      throw invalid(part.at(path), 'expected an object')
    } else if (valueAt(data, ['kind']) === undefined) {
      yield readRow(data, part.at(path))
    } else if (String(valueAt(data, ['kind'])).endsWith('List') && Array.isArray(valueAt(data, ['items']))) {
      if (path.includes('items')) throw invalid(part.at(path), 'a list in a list')
      const kind = String(valueAt(data, ['kind'])).slice(0, -'List'.length)
      for (const [index, item] of (valueAt(data, ['items']) as unknown[]).entries()) {
        // Items of a `PodList` as the server sends it have no kind of their own.
        const isBare = typeof item === 'object' && item !== null && !Object.hasOwn(item, 'kind')
        pending.push({ data: isBare ? { kind, ...item } : item, path: [...path, 'items', index] })
      }
    } else {
      const found = readKubernetes(data, { cluster })
      if (found && 'message' in found) throw invalid(part.at([...path, ...found.path]), found.message)
      yield* found ?? []
    }
  }
}

function readRow(row: object, where: string): ReportedImage {
  const told: Partial<Record<keyof ToldImage, string>> = {}
  for (const [name, value] of Object.entries(row)) {
    const field = fieldNames.get(name.toLowerCase())
    if (!field) throw invalid(where, `unknown field "${plainText(name, 60)}"; expected ${fields.join(', ')}`)
    if (typeof value !== 'string' && value !== null) throw invalid(where, `${field}: expected text`)
    if (told[field] !== undefined) throw invalid(where, `${field} is there twice`)
    told[field] = value ?? ''
  }
  const image = reportImage(told)
  if (!image) throw invalid(where, 'neither image nor imageID')
  return image
}

const formatPath = (path: readonly PropertyKey[]): string =>
  path.length === 0
    ? ''
    : ` ${path
        .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
        .join('')
        .replace(/^\./, '')}`

function invalid(where: string, message: string, cause?: unknown): AuditError {
  return new AuditError('DEPLOYMENTS_INVALID', `${where}: ${plainText(message, 300)}`, {
    subject: where,
    cause,
  })
}
