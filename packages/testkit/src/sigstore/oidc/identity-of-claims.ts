import type { CertificateIdentity } from '../certificates/certificate-identity.ts'
import type { TokenClaims } from './oidc-issuer.ts'

/** Whom Fulcio certifies, and the text whose signature proves that they have the key. */
export interface ClaimedIdentity {
  readonly identity: CertificateIdentity
  readonly challenge: string
}

/**
 * What Fulcio makes of a token's claims: those of a GitHub workflow, a verified e-mail address, a subject that is a URI, or
 * else a user name. (The real one is told by its configuration which of these an issuer is.)
 *
 * @throws {Error} when a claim that is needed is missing.
 */
export function identityOfClaims(claims: TokenClaims): ClaimedIdentity {
  const issuer = requireClaim(claims, 'iss')
  const tokenSubject = requireClaim(claims, 'sub')
  if ('job_workflow_ref' in claims) return { identity: githubIdentity(claims), challenge: tokenSubject }
  if ('email' in claims) {
    if (claims['email_verified'] !== true) throw new Error('the e-mail address is not verified')
    const email = requireClaim(claims, 'email')
    return { identity: { subject: { email }, issuer, extensions: { tokenSubject } }, challenge: email }
  }
  const subject = URL.canParse(tokenSubject)
    ? { uri: tokenSubject }
    : { username: `${tokenSubject}!${new URL(issuer).hostname}` }
  return { identity: { subject, issuer, extensions: { tokenSubject } }, challenge: tokenSubject }
}

function githubIdentity(claims: TokenClaims): CertificateIdentity {
  const claim = (name: string): string => requireClaim(claims, name)
  const url = (path: string): string => `https://github.com/${path}`
  const repository = claim('repository')
  return {
    subject: { uri: url(claim('job_workflow_ref')) },
    issuer: claim('iss'),
    extensions: {
      githubWorkflowTrigger: claim('event_name'),
      githubWorkflowSha: claim('sha'),
      githubWorkflowName: claim('workflow'),
      githubWorkflowRepository: repository,
      githubWorkflowRef: claim('ref'),
      buildSignerUri: url(claim('job_workflow_ref')),
      buildSignerDigest: claim('job_workflow_sha'),
      runnerEnvironment: claim('runner_environment'),
      sourceRepositoryUri: url(repository),
      sourceRepositoryDigest: claim('sha'),
      sourceRepositoryRef: claim('ref'),
      sourceRepositoryIdentifier: claim('repository_id'),
      sourceRepositoryOwnerUri: url(claim('repository_owner')),
      sourceRepositoryOwnerIdentifier: claim('repository_owner_id'),
      buildConfigUri: url(claim('workflow_ref')),
      buildConfigDigest: claim('workflow_sha'),
      buildTrigger: claim('event_name'),
      runInvocationUri: url(`${repository}/actions/runs/${claim('run_id')}/attempts/${claim('run_attempt')}`),
      sourceRepositoryVisibilityAtSigning: claim('repository_visibility'),
      deploymentEnvironment: typeof claims['environment'] === 'string' ? claims['environment'] : undefined,
      tokenSubject: claim('sub'),
    },
  }
}

function requireClaim(claims: TokenClaims, name: string): string {
  const value = claims[name]
  if (typeof value !== 'string' || value === '') throw new Error(`missing ${name} claim in ID token`)
  return value
}
