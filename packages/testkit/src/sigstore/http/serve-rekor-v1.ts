import { rekorV1Body } from '../log/log-entry-body.ts'
import { readRekorV1Entry } from '../log/read-proposed-entry.ts'
import { type TransparencyLog, type TransparencyLogEntry, treeId } from '../log/transparency-log.ts'
import type { ServiceHandler, ServiceRequest, ServiceResponse } from './start-http-service.ts'

const entriesPath = '/api/v1/log/entries'

/** Rekor's interface v1 before a log: entries, their retrieval, the log's state and key. */
export function serveRekorV1(log: TransparencyLog): ServiceHandler {
  return (request) => {
    const { method, path, query } = request
    switch (`${method} ${path}`) {
      case `POST ${entriesPath}`:
        return addEntry(log, request)
      case `GET ${entriesPath}`:
        return found(log, Number(query.get('logIndex') ?? Number.NaN))
      case `POST ${entriesPath}/retrieve`:
        return retrieve(log, request)
      case 'GET /api/v1/log':
        return { status: 200, body: logInfo(log) }
      case 'GET /api/v1/log/publicKey': {
        const pem = log.key.publicKey.export({ type: 'spki', format: 'pem' })
        return { status: 200, headers: { 'content-type': 'application/x-pem-file' }, body: pem }
      }
      default: {
        const uuid = path.startsWith(`${entriesPath}/`) ? path.slice(entriesPath.length + 1) : ''
        return method === 'GET' && uuid !== '' ? found(log, indexOfUuid(log, uuid)) : undefined
      }
    }
  }
}

function addEntry(log: TransparencyLog, { body: sent }: ServiceRequest): ServiceResponse {
  let body
  try {
    body = rekorV1Body(readRekorV1Entry(JSON.parse(sent.toString())))
  } catch (error) {
    return refusal(400, `error processing entry: ${(error as Error).message}`)
  }
  const uuid = uuidOf(log.leafHash(body))
  const location = `${entriesPath}/${uuid}`
  if (log.indexOf(log.leafHash(body)) !== undefined) {
    const message = `an equivalent entry already exists in the transparency log with UUID ${uuid}`
    return { ...refusal(409, message), headers: { location } }
  }
  const entry = toRekorV1(log.append(body))
  return { status: 201, headers: { location, etag: uuid }, body: { [uuid]: entry } }
}

function retrieve(log: TransparencyLog, { body: sent }: ServiceRequest): ServiceResponse {
  try {
    const query = JSON.parse(sent.toString()) as {
      readonly entryUUIDs?: readonly string[]
      readonly logIndexes?: readonly number[]
      readonly entries?: readonly unknown[]
    }
    const indexes = [
      ...(query.entryUUIDs ?? []).map((uuid) => indexOfUuid(log, uuid)),
      ...(query.logIndexes ?? []),
      ...(query.entries ?? []).map((entry) =>
        log.indexOf(log.leafHash(rekorV1Body(readRekorV1Entry(entry)))),
      ),
    ]
    return { status: 200, body: indexes.flatMap((index) => entryAt(log, index) ?? []) }
  } catch (error) {
    return refusal(400, `error processing query: ${(error as Error).message}`)
  }
}

function found(log: TransparencyLog, index: number | undefined): ServiceResponse {
  const entry = entryAt(log, index)
  return entry ? { status: 200, body: entry } : refusal(404, 'entry not found')
}

function entryAt(
  log: TransparencyLog,
  index: number | undefined,
): Readonly<Record<string, unknown>> | undefined {
  const entry = index === undefined ? undefined : log.entry(index)
  return (
    entry && {
      [uuidOf(log.leafHash(JSON.parse(decode(entry.canonicalizedBody).toString())))]: toRekorV1(entry),
    }
  )
}

/** An entry as Rekor v1 answers, by the identifier of tree and leaf. */
function toRekorV1(entry: TransparencyLogEntry) {
  const { inclusionProof, inclusionPromise } = entry
  return {
    body: entry.canonicalizedBody,
    integratedTime: Number(entry.integratedTime),
    logID: decode(entry.logId.keyId).toString('hex'),
    logIndex: Number(entry.logIndex),
    verification: {
      inclusionProof: {
        checkpoint: inclusionProof.checkpoint.envelope,
        hashes: inclusionProof.hashes.map((hash) => decode(hash).toString('hex')),
        logIndex: Number(inclusionProof.logIndex),
        rootHash: decode(inclusionProof.rootHash).toString('hex'),
        treeSize: Number(inclusionProof.treeSize),
      },
      signedEntryTimestamp: inclusionPromise?.signedEntryTimestamp,
    },
  }
}

function logInfo(log: TransparencyLog) {
  const signedTreeHead = log.checkpoint()
  const rootHash = decode(signedTreeHead.split('\n')[2]!).toString('hex')
  return { rootHash, signedTreeHead, treeID: String(treeId), treeSize: log.size, inactiveShards: [] }
}

const uuidOf = (leafHash: string): string => treeId.toString(16).padStart(16, '0') + leafHash
const indexOfUuid = (log: TransparencyLog, uuid: string): number | undefined => log.indexOf(uuid.slice(-64))
const decode = (base64: string): Buffer => Buffer.from(base64, 'base64')
const refusal = (code: number, message: string): ServiceResponse => ({
  status: code,
  body: { code, message },
})
