/** Ends a request with a page that says why; never leaves the console. */
export class Refusal extends Error {
  readonly status: number
  /** Heading of the page. */
  readonly title: string
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    title: string,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.status = status
    this.title = title
    this.headers = headers
  }
}
