import { createHmac } from 'node:crypto'
import { isOneOf, listSecrets, type Secrets } from './secrets.ts'
import { refuseSender, type SenderCheck } from './sender-check.ts'

/** Options of {@link signedBody}. */
export interface SignedBodyOptions {
  /** Header that holds the signature, in hex. */
  readonly header: string
  /** Of the HMAC. */
  readonly algorithm: 'sha1' | 'sha256'
  /** What stands before the hex, such as `sha256=`. Default: nothing. */
  readonly prefix?: string | undefined
  /** Shared with the registry; several while one is replaced. */
  readonly secret: Secrets
}

/** A header holds an HMAC over the body as it came. */
export function signedBody({ header, algorithm, prefix = '', secret }: SignedBodyOptions): SenderCheck {
  const keys = listSecrets(secret)
  const name = header.toLowerCase()
  return ({ headers, body }) => {
    const given = Object.hasOwn(headers, name) ? headers[name] : undefined
    if (given === undefined) throw refuseSender(`no header ${name}`)
    const expected = keys.map((key) => prefix + createHmac(algorithm, key).update(body).digest('hex'))
    if (!isOneOf(given.toLowerCase(), expected)) throw refuseSender('the signature is not of this body')
  }
}

/** GitHub's `X-Hub-Signature-256`. */
export function githubSignature(secret: Secrets): SenderCheck {
  return signedBody({ header: 'x-hub-signature-256', algorithm: 'sha256', prefix: 'sha256=', secret })
}

/** Nexus' `X-Nexus-Webhook-Signature`, an HMAC of SHA-1, which is what Nexus has. */
export function nexusSignature(secret: Secrets): SenderCheck {
  return signedBody({ header: 'x-nexus-webhook-signature', algorithm: 'sha1', secret })
}

/** `X-JFrog-Event-Auth` of a webhook whose secret is used for signing; without that use `tokenInHeader`. */
export function artifactorySignature(secret: Secrets): SenderCheck {
  return signedBody({ header: 'x-jfrog-event-auth', algorithm: 'sha256', secret })
}
