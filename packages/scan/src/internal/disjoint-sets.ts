/** Groups strings that were joined, directly or through others (union-find with path halving). */
export class DisjointSets {
  readonly #parent = new Map<string, string>()

  /** Puts two members into one group. */
  join(a: string, b: string): void {
    const x = this.find(a)
    const y = this.find(b)
    if (x !== y) this.#parent.set(y, x)
  }

  /** The member that stands for the group; a member never joined stands for itself. */
  find(member: string): string {
    let current = member
    for (;;) {
      const parent = this.#parent.get(current)
      if (parent === undefined) return current
      const grandparent = this.#parent.get(parent)
      if (grandparent === undefined) return parent
      this.#parent.set(current, grandparent)
      current = grandparent
    }
  }

  /** All members of joined groups by the member that stands for them. */
  groups(): Map<string, string[]> {
    const groups = new Map<string, string[]>()
    const add = (root: string, member: string): void => {
      const group = groups.get(root)
      if (group === undefined) groups.set(root, [root, member])
      else group.push(member)
    }
    // only the values change meanwhile: `find` shortens paths
    for (const member of this.#parent.keys()) add(this.find(member), member)
    return groups
  }
}
