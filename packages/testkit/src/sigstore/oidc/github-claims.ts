import type { TokenClaims } from './oidc-issuer.ts'

/** A run of a GitHub workflow. */
export interface GithubRun {
  /** `owner/name`. Default `acme/app`. */
  readonly repository?: string | undefined
  /** Path of the workflow's file. Default `.github/workflows/release.yml`. */
  readonly workflow?: string | undefined
  /** Default `refs/heads/main`. */
  readonly ref?: string | undefined
  /** Commit. Default: a fixed one. */
  readonly sha?: string | undefined
  /** Default `push`. */
  readonly event?: string | undefined
  /** Deployment environment. Default: none. */
  readonly environment?: string | undefined
}

/** Claims of a token as GitHub Actions issues it, for `issueToken`. */
export function githubClaims(run: GithubRun = {}): TokenClaims {
  const { repository = 'acme/app', workflow = '.github/workflows/release.yml', ref = 'refs/heads/main' } = run
  const { sha = '1234567890abcdef1234567890abcdef12345678', event = 'push', environment } = run
  const workflowRef = `${repository}/${workflow}@${ref}`
  return {
    sub: `repo:${repository}:${environment === undefined ? `ref:${ref}` : `environment:${environment}`}`,
    repository,
    repository_id: '1001',
    repository_owner: repository.split('/')[0],
    repository_owner_id: '2002',
    repository_visibility: 'private',
    ref,
    sha,
    event_name: event,
    workflow: 'release',
    workflow_ref: workflowRef,
    workflow_sha: sha,
    job_workflow_ref: workflowRef,
    job_workflow_sha: sha,
    runner_environment: 'github-hosted',
    run_id: '3003',
    run_attempt: '1',
    ...(environment !== undefined && { environment }),
  }
}
