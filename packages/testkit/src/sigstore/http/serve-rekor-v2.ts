import { rekorV2Body } from '../log/log-entry-body.ts'
import { readRekorV2Entry } from '../log/read-proposed-entry.ts'
import type { TransparencyLog } from '../log/transparency-log.ts'
import type { ServiceHandler, ServiceRequest, ServiceResponse } from './start-http-service.ts'

/** Rekor's interface v2 before a log: entries and the checkpoint, not the tiles. */
export function serveRekorV2(log: TransparencyLog): ServiceHandler {
  return (request) => {
    switch (`${request.method} ${request.path}`) {
      case 'POST /api/v2/log/entries':
        return addEntry(log, request)
      case 'GET /api/v2/checkpoint':
        return {
          status: 200,
          headers: { 'content-type': 'text/plain; charset=utf-8' },
          body: log.checkpoint(),
        }
      default:
        return undefined
    }
  }
}

function addEntry(log: TransparencyLog, { body: sent }: ServiceRequest): ServiceResponse {
  let body
  try {
    body = rekorV2Body(readRekorV2Entry(JSON.parse(sent.toString())))
  } catch {
    return refusal(400, 3, 'invalid hashedrekord request')
  }
  const existing = log.indexOf(log.leafHash(body))
  if (existing !== undefined)
    return refusal(
      409,
      6,
      `an equivalent entry already exists in the transparency log with index ${existing}`,
    )
  return { status: 201, body: log.append(body) }
}

/** The error of a gRPC gateway. */
const refusal = (status: number, code: number, message: string): ServiceResponse => ({
  status,
  body: { code, message, details: [] },
})
