/**
 * Foreign XML and HTML as documents, without an HTML sink: an XMLHttpRequest for a blob gives a document that has no
 * window. Its scripts do not run, its images and styles are not fetched (XMLHttpRequest standard, "document response").
 */

export function parse(bytes: Uint8Array, type: 'application/xml' | 'text/html'): Promise<Document> {
  const charset = type === 'text/html' ? ';charset=utf-8' : ''
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: type + charset }))
  return new Promise<Document>((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('GET', url)
    request.responseType = 'document'
    request.overrideMimeType(type + charset)
    const fail = (): void => reject(new Error('not a document'))
    request.onload = () => {
      const { responseXML } = request
      if (responseXML === null || responseXML.getElementsByTagName('parsererror').length > 0) fail()
      else resolve(responseXML)
    }
    request.onerror = fail
    request.send()
  }).finally(() => URL.revokeObjectURL(url))
}
