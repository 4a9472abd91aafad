import { request } from 'undici';

/** Sums all series of a metric in Prometheus' text form. */
function sumOf(text: string, metric: string): number {
  const series = text.matchAll(new RegExp(`^${metric}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'));
  return [...series].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** What a drachtio-server holds of calls. @param url where it tells Prometheus. @throws Error when it does not answer 200 */
export async function dialogsOf(url: string): Promise<{ dialogs: number; transactions: number }> {
  const { statusCode, body } = await request(url);
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${url}: ${statusCode}`);
  return {
    dialogs: sumOf(text, 'drachtio_stable_dialogs'),
    transactions: sumOf(text, 'drachtio_sofia_server_txns') + sumOf(text, 'drachtio_sofia_client_txns'),
  };
}
