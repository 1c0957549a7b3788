import { type Journal, sqliteJournal } from '@sallyport/gate'
export const openJournal = async (site: { directory: string }): Promise<Journal> => sqliteJournal(`${site.directory}/journal.db`)
