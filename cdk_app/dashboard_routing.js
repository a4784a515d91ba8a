// CloudFront runs this for each request that is neither for the API nor for an asset: every address
// of the dashboard is one page, which reads the address by itself. Only files have a dot.
function handler(event) {
  var request = event.request;
  if (!request.uri.includes(".")) {
    request.uri = "/index.html";
  }
  return request;
}
