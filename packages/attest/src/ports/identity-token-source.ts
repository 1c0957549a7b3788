/** What an identity token is asked for. */
export interface IdentityTokenRequest {
  /** Whom the token is for: the audience that the certificate authority expects. */
  readonly audience: string
  /** Ends the asking. */
  readonly signal?: AbortSignal | undefined
}

/** Gives OpenID Connect identity tokens, the proof of who signs without a key of its own. */
export interface IdentityTokenSource {
  /** A JSON Web Token. It is a secret: it must not be logged, nor put into errors. */
  token(request: IdentityTokenRequest): Promise<string>
}
