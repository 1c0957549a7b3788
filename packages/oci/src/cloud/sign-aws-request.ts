import { createHash, createHmac } from 'node:crypto'

/** Keys of an AWS identity. */
export interface AwsCredentials {
  /** Names the key. */
  readonly accessKeyId: string
  /** The key that requests are signed with. */
  readonly secretAccessKey: string
  /** Goes with keys that are only lent. */
  readonly sessionToken?: string | undefined
}

/** A request that is to be signed. */
export interface AwsRequest {
  /** In upper case. */
  readonly method: string
  /** Where it goes; its path is taken as it is. */
  readonly url: URL
  /** Its header fields, without `host`. */
  readonly headers: Readonly<Record<string, string>>
  /** Its whole body, empty where it has none. */
  readonly body: string
  /** E.g. `eu-central-1`. */
  readonly region: string
  /** As AWS signs for it, e.g. `ecr`, `kms`. */
  readonly service: string
}

/**
 * The header fields that sign a request (AWS Signature Version 4): those of the request, the date, the session token
 * and `authorization`. All but the last are signed, and `host`. The path is taken as it is.
 */
export function signAwsRequest(
  { method, url, headers, body, region, service }: AwsRequest,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  now: Date,
): Record<string, string> {
  const timestamp = now.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const date = timestamp.slice(0, 8)
  const sent = {
    ...headers,
    'x-amz-date': timestamp,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  }
  const signed = Object.entries({ ...sent, host: url.host })
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/ +/g, ' ')] as const)
    .sort(byCodeUnits)
  const names = signed.map(([name]) => name).join(';')
  const query = [...url.searchParams]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(byCodeUnits)
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
  const canonical = [
    method,
    url.pathname,
    query,
    ...signed.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    sha256(body),
  ].join('\n')
  const scope = `${date}/${region}/${service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', timestamp, scope, sha256(canonical)].join('\n')
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${secretAccessKey}`,
  )
  const signature = hmac(key, toSign).toString('hex')
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  }
}

function byCodeUnits(one: readonly [string, string], other: readonly [string, string]): number {
  const [left, right] = one[0] === other[0] ? [one[1], other[1]] : [one[0], other[0]]
  if (left === right) return 0
  return left < right ? -1 : 1
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest()
}
