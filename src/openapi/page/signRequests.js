/**
 * Signs what the page sends, in the reader's browser: the secret goes nowhere else. Swagger UI knows no scheme like
 * AKSK, so the page asks for key and secret as for a user name and a password, and this turns them into the headers
 * of the partner API.
 */
const encoder = new TextEncoder();

/** @param {ArrayBuffer} bytes */
const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

/**
 * @param {string} key of the application
 * @param {string} secret of the application
 * @returns {Promise<Record<string, string>>} header fields of a request that is sent now
 */
async function akskHeaders(key, secret) {
  if (globalThis.crypto.subtle === undefined) {
    throw new Error('Browsers sign over HTTPS or on localhost only.');
  }
  const nonce = globalThis.crypto.randomUUID().replaceAll('-', '');
  const created = `${new Date().toISOString().slice(0, 19)}Z`;
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const hmacKey = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign']);
  const digest = base64(await crypto.subtle.sign('HMAC', hmacKey, encoder.encode(nonce + created)));
  return {
    Authorization: 'AKSK realm="SDP",profile="UsernameToken",type="Appkey"',
    'X-AKSK': `UsernameToken Username="${key}", PasswordDigest="${digest}", Nonce="${nonce}", Created="${created}"`,
  };
}

/**
 * Swagger UI's `requestInterceptor`.
 * @param {{ headers?: Record<string, string> }} request
 */
globalThis.signRequest = async (request) => {
  const [, credentials] = /^Basic (.+)$/.exec(request.headers?.Authorization ?? '') ?? [];
  if (credentials === undefined) return request;
  const [key = '', ...secret] = atob(credentials).split(':');
  return { ...request, headers: { ...request.headers, ...(await akskHeaders(key, secret.join(':'))) } };
};
