import { canonicalJson, digestOf } from '@sallyport/core'
import { PolicyError } from '../errors.ts'
import { builtinKinds } from './builtin-kinds.ts'
import { compilePolicy } from './compile-policy.ts'
import { decodeText } from './decode-text.ts'
import { invalidDocument, openYaml } from './open-yaml.ts'
import { findDataFault } from './plain-data.ts'
import type { PolicyDocument } from './policy-document.ts'
import type { PolicyKinds } from './policy-kinds.ts'
import type { Policy } from './policy.ts'

/** Options of {@link parsePolicy} and {@link definePolicy}. */
export interface ParsePolicyOptions {
  /** File name or URI of the document, for messages and for the decision. */
  readonly source: string
  /** Kinds of rules that it may use. Default: `builtinKinds`. */
  readonly kinds?: PolicyKinds | undefined
}

/**
 * Reads a policy document (YAML 1.2, or JSON), as text or as its UTF-8 bytes. Unknown fields, duplicate keys and names,
 * dates that don't exist, unknown parents, and whatever is looser in a tier than in the one that it extends without a
 * reason are refused, because a rule that is misspelt must not silently not apply.
 *
 * @throws {PolicyError} `POLICY_INVALID` with line and column of each issue.
 * @throws {PolicyError} `LIMIT_EXCEEDED` above 1 MiB, or when it is nested or cut up beyond all reason.
 */
export function parsePolicy(
  document: string | Uint8Array,
  { source, kinds = builtinKinds }: ParsePolicyOptions,
): Policy {
  return compilePolicy(openYaml(decodeText(document, source), source), digestOf(document), kinds)
}

/**
 * Makes a policy of an object, as strictly as {@link parsePolicy} reads one. Its digest is that of the object's canonical
 * JSON (RFC 8785); fields that are `undefined` are left out.
 *
 * @throws {PolicyError} `POLICY_INVALID` with the path of each issue; line and column are 0.
 * @throws {PolicyError} `LIMIT_EXCEEDED` above 1 MiB of JSON.
 */
export function definePolicy(
  document: PolicyDocument,
  { source, kinds = builtinKinds }: ParsePolicyOptions,
): Policy {
  const nowhere = { line: 0, column: 0 }
  const fault = findDataFault(document)
  if (fault)
    throw invalidDocument(source, [{ ...nowhere, path: fault.path.join('.'), message: fault.message }])
  const json = canonicalJson(document)
  if (Buffer.byteLength(json) > 1024 * 1024) {
    throw new PolicyError('LIMIT_EXCEEDED', `${source}: more than 1 MiB of JSON`)
  }
  const data: unknown = JSON.parse(json)
  return compilePolicy({ source, data, positionOf: () => nowhere }, digestOf(json), kinds)
}
