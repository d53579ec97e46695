// The image's HEALTHCHECK: exits with 0 if this container's server is ready, otherwise with 1.
import { get } from 'node:http';

const url = `http://127.0.0.1:${process.env.PORT || 3000}/health/ready`;

get(url, { agent: false, timeout: 2_000 }, (response) => {
  response.resume();
  process.exitCode = response.statusCode === 200 ? 0 : 1;
})
  .once('timeout', function () {
    this.destroy(new Error('no answer'));
  })
  .once('error', (error) => {
    console.error(`${url}: ${error.message}`);
    process.exitCode = 1;
  });
