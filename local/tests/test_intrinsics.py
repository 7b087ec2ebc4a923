import unittest

from kimochi_local.intrinsics import DeployedStack


def stack(**parameters: str) -> DeployedStack:
    template = {
        "Conditions": {"OwnPool": {"Fn::Equals": [{"Ref": "Issuer"}, ""]}},
        "Resources": {
            "Account": {"Type": "AWS::Lambda::Function"},
            "Pool": {"Type": "AWS::Cognito::UserPool"},
        },
    }
    return DeployedStack(
        "arn:aws:cloudformation:ap-northeast-1:111122223333:stack/kimochi-test/some-uuid",
        template,
        parameters={"Issuer": "", "Origins": "https://a,https://b"} | parameters,
        physical_ids={"Account": "kimochi-test-account", "Pool": "ap-northeast-1_abc"},
        outputs={},
    )


class Intrinsics(unittest.TestCase):
    def test_a_function_is_named_by_its_arn(self):
        uri = stack().resolve(
            {"Fn::Sub": "arn:${AWS::Partition}:apigateway:lambda:path/${Account.Arn}/invocations"}
        )

        self.assertEqual(
            uri,
            "arn:aws:apigateway:lambda:path/"
            "arn:aws:lambda:ap-northeast-1:111122223333:function:kimochi-test-account/invocations",
        )

    def test_a_condition_chooses_by_parameter(self):
        issuer = {"Fn::If": ["OwnPool", {"Fn::Sub": "https://own/${Pool}"}, {"Ref": "Issuer"}]}

        self.assertEqual(stack().resolve(issuer), "https://own/ap-northeast-1_abc")
        self.assertEqual(stack(Issuer="https://theirs").resolve(issuer), "https://theirs")

    def test_values_are_found_at_any_depth(self):
        body = {"cors": [{"allowOrigins": {"Fn::Split": [",", {"Ref": "Origins"}]}, "maxAge": 60}]}

        self.assertEqual(
            stack().resolve(body), {"cors": [{"allowOrigins": ["https://a", "https://b"], "maxAge": 60}]}
        )

    def test_what_it_cannot_read_is_an_error_and_no_guess(self):
        with self.assertRaises(NotImplementedError):
            stack().resolve({"Fn::Base64": "text"})
        with self.assertRaises(NotImplementedError):
            stack().resolve({"Fn::GetAtt": ["Pool", "Arn"]})
        with self.assertRaises(KeyError):
            stack().resolve({"Ref": "Nobody"})
