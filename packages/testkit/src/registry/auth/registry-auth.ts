/** What a user may do in repositories. */
export type RepositoryAction = 'pull' | 'push' | 'delete'

/** Actions in one repository, or in all whose name the pattern matches; `*` stands for any text, `/` included. */
export interface RepositoryGrant {
  /** A repository, or a pattern in which `*` stands for any text. */
  readonly repository: string
  /** What may be done there. */
  readonly actions: readonly RepositoryAction[]
}

/** Somebody who may sign in. */
export interface RegistryUser {
  /** Name to sign in with. */
  readonly username: string
  /** Password to sign in with. */
  readonly password: string
  /** Default: everything everywhere. */
  readonly grants?: readonly RepositoryGrant[] | undefined
}

/** Who may use the registry: `username` and `password`, `users` and those of an `htpasswd` file taken together. */
export interface RegistryAuth {
  /** One user who may do everything. */
  readonly username?: string | undefined
  /** Of `username`. */
  readonly password?: string | undefined
  /** Who may sign in, and what each may do. */
  readonly users?: readonly RegistryUser[] | undefined
  /** Path of a file in Apache's format with bcrypt (`htpasswd -B`) or SHA-1 (`htpasswd -s`) entries. Read at the start. */
  readonly htpasswd?: string | undefined
  /** `basic`: credentials with each request. `token`: bearer tokens with scopes from `/token`. Default `basic`. */
  readonly scheme?: 'basic' | 'token' | undefined
  /** Let anybody read. Default `false`. */
  readonly anonymousPull?: boolean | undefined
  /** How long a token is valid, in seconds. Default 300. */
  readonly tokenLifetimeSeconds?: number | undefined
}
