/** The French document types: JDV_J07_XdsTypeCode_CISIS, one table for both languages of the project. Fetched when it is needed. */
import table from '../../../content/document-types.tsv?raw'
import type { RecordDocument } from './record.ts'

export type DocumentType = RecordDocument['code']

/** All of them, as the list has them. */
export const DOCUMENT_TYPES: readonly DocumentType[] = table
  .trim()
  .split('\n')
  .slice(1)
  .map(row => {
    const [code = '', system = '', label = ''] = row.split('\t')
    return { code, system, label }
  })
