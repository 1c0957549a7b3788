/** A part of a program's file, and where it lies in memory. */
export interface ProgramRegion {
  /** Name of a section; empty for segments. */
  readonly name: string
  /** Address in memory. Above 2^53 it is not exact. */
  readonly address: number
  /** Where it begins in the file, and its bytes there. */
  readonly offset: number
  readonly size: number
  readonly writable: boolean
}

/** Where the parts of a program are, as its headers say. */
export interface ProgramLayout {
  readonly format: 'elf' | 'pe' | 'mach-o'
  /** Empty where the table of sections was stripped. */
  readonly sections: readonly ProgramRegion[]
  /** What is loaded into memory. */
  readonly segments: readonly ProgramRegion[]
  /** What packed it so that its own content cannot be read. */
  readonly packedBy?: 'UPX' | undefined
}
