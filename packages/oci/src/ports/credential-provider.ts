/** What a registry is asked for on behalf of. */
export interface CredentialQuery {
  /** Host with its port, as in a reference, e.g. `registry.example:5000`. */
  readonly registry: string
  /** Path within the registry; empty for what concerns the whole registry, such as its catalog. */
  readonly repository?: string | undefined
}

/** How to sign in to a registry. */
export type Credentials =
  | { readonly type: 'password'; readonly username: string; readonly password: string }
  /** An OAuth2 refresh token, exchanged at the registry's token server. */
  | { readonly type: 'identity-token'; readonly identityToken: string }
  /** A bearer token for the registry itself. */
  | { readonly type: 'registry-token'; readonly registryToken: string }

/** Where credentials come from: a file, a helper program, a vault. */
export interface CredentialProvider {
  /** The credentials for exactly this registry, or `undefined` to go on without any. */
  find(
    query: CredentialQuery,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Credentials | undefined>
}
