import { parseStrictJson } from '@sallyport/core'
import { z } from 'zod'
import { AttestError } from '../../errors.ts'

/** What an identity token says; nothing of it is verified here, that is the certificate authority's work. */
export interface IdentityClaims {
  readonly issuer: string
  /** The e-mail address when the token has one, else the subject: what Fulcio wants to see signed. */
  readonly subject: string
  readonly audiences: readonly string[]
  readonly expiresAt: Date
}

/** What a token must be for. */
export interface IdentityExpectation {
  readonly audience: string
  readonly now: Date
}

const maxLength = 64 * 1024
const form = /^[\w-]+\.([\w-]+)\.[\w-]+$/
const claimsSchema = z.object({
  iss: z.string().min(1),
  sub: z.string().optional(),
  email: z.string().optional(),
  aud: z.union([z.string(), z.array(z.string()).min(1)]),
  exp: z.number(),
})

/**
 * Reads an identity token (JSON Web Token, RFC 7519) and refuses it when the certificate authority would: so it is
 * not sent to anyone in vain. No message holds anything of the token but the audience and the time of its end.
 *
 * @throws {AttestError} `IDENTITY_INVALID` when it is no such token, names nobody, has ended, or is for another audience.
 */
export function readIdentityClaims(token: string, { audience, now }: IdentityExpectation): IdentityClaims {
  const { iss, sub, email, aud, exp } = parseClaims(token)
  const subject = email || sub
  if (!subject) throw invalid('the identity token names no subject')
  const expiresAt = new Date(exp * 1000)
  if (Number.isNaN(expiresAt.getTime())) throw invalid('the identity token has no readable time of its end')
  if (expiresAt <= now)
    throw invalid(`the identity token has ended at ${expiresAt.toISOString()}: get a new one`)
  const audiences = typeof aud === 'string' ? [aud] : aud
  if (!audiences.includes(audience)) {
    const named = audiences.slice(0, 3).map((each) => JSON.stringify(each.slice(0, 100)))
    throw invalid(
      `expected an identity token for the audience "${audience}", got one for ${named.join(', ')}`,
    )
  }
  return { issuer: iss, subject, audiences, expiresAt }
}

function parseClaims(token: string): z.output<typeof claimsSchema> {
  const payload = token.length > maxLength ? undefined : form.exec(token)?.[1]
  if (payload === undefined) throw invalid('the identity token is no JSON Web Token')
  try {
    return claimsSchema.parse(parseStrictJson(Buffer.from(payload, 'base64url')))
  } catch {
    // What the parser says may quote the token.
    throw invalid('the identity token lacks the claims iss, aud or exp')
  }
}

function invalid(message: string): AttestError {
  return new AttestError('IDENTITY_INVALID', message)
}
