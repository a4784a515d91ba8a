/** Send bytes to S3, by an address that the API signed. */

export class TransferError extends Error {
  override name = "TransferError";
  /** 0 if the connection broke. */
  readonly status: number;

  constructor(status: number) {
    super(status ? `S3 answered ${status}` : "the connection broke");
    this.status = status;
  }

  /** S3 refuses an address that has expired, or whose credentials have. */
  get isExpired(): boolean {
    return this.status === 403 || this.status === 400;
  }
}

/**
 * Return the ETag, with its quotes; null if the bucket does not show it to this page.
 *
 * `fetch` does not tell how much of a request was sent, so this uses XMLHttpRequest.
 * Raises TransferError, or the signal's reason.
 */
export function put(
  url: string,
  body: Blob,
  headers: Record<string, string>,
  onProgress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<string | null> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal.addEventListener("abort", abort);
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => {
      if (request.status < 300) resolve(request.getResponseHeader("ETag"));
      else reject(new TransferError(request.status));
    };
    request.onerror = () => reject(new TransferError(0));
    request.onabort = () => reject(signal.reason);
    request.onloadend = () => signal.removeEventListener("abort", abort);
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(body);
  });
}
