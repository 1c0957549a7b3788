declare module 'spdx-expression-parse' {
  interface License {
    readonly license: string
    readonly plus?: true
    readonly exception?: string
  }
  interface Joined {
    readonly left: Expression
    readonly conjunction: 'and' | 'or'
    readonly right: Expression
  }
  export type Expression = License | Joined
  /** @throws where the text is no SPDX expression. */
  export default function parse(text: string): Expression
}
