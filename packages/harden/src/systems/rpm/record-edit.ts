/** What changes in one database of rpm. Headers are named by their numbers there. */
export interface RecordEdit {
  readonly remove: ReadonlySet<number>
  /** New headers, each as long as the one that it stands for. */
  readonly replace: ReadonlyMap<number, Uint8Array>
}
