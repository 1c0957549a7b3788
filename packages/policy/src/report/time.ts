import { markup, type Html } from './markup.ts'

/** A time for people and machines; text that is none stays text. */
export const time = (instant: string): Html => markup`<time datetime="${instant}">${instant}</time>`
