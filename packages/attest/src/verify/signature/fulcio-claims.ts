import type { ASN1Obj } from '@sigstore/core'
import { hasTag, parseDer, tags } from './der.ts'

/** Prefix of Fulcio's object identifiers. */
export const fulcioArc = '1.3.6.1.4.1.57264.1'

/** Names of the claims by what follows {@link fulcioArc} in their OID, after the titles in Fulcio's `docs/oid-info.md`. */
const names = new Map([
  [2, 'githubWorkflowTrigger'],
  [3, 'githubWorkflowSHA'],
  [4, 'githubWorkflowName'],
  [5, 'githubWorkflowRepository'],
  [6, 'githubWorkflowRef'],
  [9, 'buildSignerURI'],
  [10, 'buildSignerDigest'],
  [11, 'runnerEnvironment'],
  [12, 'sourceRepositoryURI'],
  [13, 'sourceRepositoryDigest'],
  [14, 'sourceRepositoryRef'],
  [15, 'sourceRepositoryIdentifier'],
  [16, 'sourceRepositoryOwnerURI'],
  [17, 'sourceRepositoryOwnerIdentifier'],
  [18, 'buildConfigURI'],
  [19, 'buildConfigDigest'],
  [20, 'buildTrigger'],
  [21, 'runInvocationURI'],
  [22, 'sourceRepositoryVisibilityAtSigning'],
  [23, 'deploymentEnvironment'],
  [24, 'tokenSubject'],
])
const issuerV1 = 1
const issuerV2 = 8

/** What Fulcio wrote into a certificate. */
export interface FulcioClaims {
  readonly issuer: string
  readonly claims: Readonly<Record<string, string>>
}

/**
 * Reads Fulcio's extensions, given by OID; others are left out. `undefined` when one is not text, when the issuer is
 * missing, or when its two forms name different ones.
 */
export function readFulcioClaims(extensions: ReadonlyMap<string, ASN1Obj>): FulcioClaims | undefined {
  const issuers = new Set<string>()
  const claims: [string, string][] = []
  for (const [oid, value] of extensions) {
    if (!oid.startsWith(`${fulcioArc}.`)) continue
    const arc = oid.slice(fulcioArc.length + 1)
    const number = Number(arc)
    // `8.0` is another OID than `8`.
    if (String(number) !== arc) continue
    const name = names.get(number)
    const isIssuer = number === issuerV1 || number === issuerV2
    if (name === undefined && !isIssuer) continue
    // The first six are the bare text, later ones a DER string.
    const text = number < 7 ? decodeText(value.value) : readUtf8String(value.value)
    if (text === undefined) return undefined
    if (isIssuer) issuers.add(text)
    else if (name !== undefined) claims.push([name, text])
  }
  const [issuer, another] = issuers
  if (issuer === undefined || issuer === '' || another !== undefined) return undefined
  return { issuer, claims: Object.fromEntries(claims) }
}

/** The text of a UTF8String in DER. */
export function readUtf8String(der: Uint8Array): string | undefined {
  const element = parseDer(der)
  return element !== undefined && hasTag(element, tags.utf8String) ? decodeText(element.value) : undefined
}

/** UTF-8 without NUL, which some readers end a text at. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}
