/**
 * How an image stands, worst first. Only verified evidence counts; what is merely there does not.
 *
 * - `error`: could not be judged (registry, permission, malformed manifest); never anything better.
 * - `unverifiable`: evidence is there, and none of the kind that is needed verifies (broken signature, wrong subject,
 *   malformed, a trust root that does not know it).
 * - `unsigned`: no signature at all.
 * - `wrong-identity`: signed well, by somebody who does not count.
 * - `no-decision`: no decision of the gate.
 * - `decision-elsewhere`: a valid decision, about another repository, registry or tier.
 * - `decision-stale`: older than allowed, or under another policy than the present one.
 * - `would-fail-today`: the present policy and present advisories would stop it.
 * - `no-sbom`, `sbom-disagrees`, `no-provenance`.
 * - `legacy-only`: all that is needed, but only in cosign's old tags.
 * - `compliant`.
 */
export const auditClasses = [
  'error',
  'unverifiable',
  'unsigned',
  'wrong-identity',
  'no-decision',
  'decision-elsewhere',
  'decision-stale',
  'would-fail-today',
  'no-sbom',
  'sbom-disagrees',
  'no-provenance',
  'legacy-only',
  'compliant',
] as const

/** One of {@link auditClasses}. */
export type AuditClass = (typeof auditClasses)[number]

/**
 * What a manifest is in its repository. Only `image`, `index` and `platform` (an image that an index of the same
 * repository lists) are judged. `evidence` is a referrer or what cosign's tags and fallback tags lead to; `stray-evidence`
 * the same whose subject is not there; `artifact` anything else (chart, policy, wasm module, …); `unread` is what could
 * not be read, and its class is `error`.
 */
export type ManifestRole =
  | 'image'
  | 'index'
  | 'platform'
  | 'evidence'
  | 'stray-evidence'
  | 'artifact'
  | 'unread'
