import type { Clock } from '@sallyport/core'
import * as z from 'zod'
import { OciError } from '../errors.ts'

/** What a token server hands out. */
export interface TokenAnswer {
  readonly token: string
  readonly expiresAt: number
  readonly refreshToken?: string | undefined
}

const text = z
  .string()
  .max(64 * 1024)
  .nullish()
const tokenSchema = z.object({
  token: text,
  access_token: text,
  refresh_token: text.catch(undefined),
  expires_in: z.number().nullish().catch(undefined),
})

/** Token servers that name no lifetime, or a shorter one, are taken to mean a minute (distribution's token specification). */
const shortestLifetimeSeconds = 60
/** A token is renewed a little before it ends, so that it does not end on the way. */
const renewBeforeMs = 10_000

/**
 * Reads the answer of a token server.
 *
 * @throws {OciError} `REGISTRY_ERROR` when it holds no token.
 */
export function readTokenAnswer(body: string, clock: Clock, registry: URL): TokenAnswer {
  const fail = (): never => {
    throw new OciError('REGISTRY_ERROR', `${registry.host}: the token server's answer holds no token`, {
      reference: registry.host,
    })
  }
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return fail()
  }
  const parsed = tokenSchema.safeParse(value)
  if (!parsed.success) return fail()
  const token = parsed.data.token || parsed.data.access_token
  // A token goes into a header field: a line break in it would start another field.
  if (!token || !/^[\x21-\x7e]+$/.test(token)) return fail()
  const seconds = Math.max(parsed.data.expires_in ?? 0, shortestLifetimeSeconds)
  return {
    token,
    expiresAt: clock.now().getTime() + seconds * 1000 - renewBeforeMs,
    refreshToken: parsed.data.refresh_token || undefined,
  }
}
