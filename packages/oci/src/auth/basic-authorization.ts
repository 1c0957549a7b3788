/** The value of an `Authorization` field for a user name and password (RFC 7617). */
export function basicAuthorization({
  username,
  password,
}: {
  readonly username: string
  readonly password: string
}): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`
}
