//! A Lambda function that does nothing: what the runtime itself costs.

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let nothing = async |_: LambdaEvent<Value>| Ok::<_, lambda_runtime::Error>(Value::Null);
    lambda_runtime::run(service_fn(nothing)).await
}
